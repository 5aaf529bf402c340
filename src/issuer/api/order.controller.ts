import { Body, Controller, Get, HttpCode, Param, Post, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import { CurrentDevice } from '../../devices/auth/current-device.js';
import { DeviceGuard, SuspendedAllowed } from '../../devices/auth/device.guard.js';
import type { Device } from '../../devices/domain/device.js';
import { Clock } from '../../kernel/clock.js';
import { DomainError } from '../../kernel/errors.js';
import { Problems } from '../../platform/http/problems.js';
import { OrderIntake } from '../orders/order-intake.js';
import { type ReadOrder, OrderReader } from '../orders/order-reader.js';
import { OrderAnswer } from './answers.js';
import { CreateOrderDto } from './create-order.dto.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const LOCATION = {
  Location: { description: 'Where the order is', schema: { type: 'string', format: 'uri-reference' } },
};
const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds after which to look again, while it is open', schema: { type: 'integer' } },
};

/** Orders of the calling device. */
@ApiTags('device')
@ApiSecurity('deviceToken')
@UseGuards(DeviceGuard)
@Controller('v1/device/orders')
export class OrderController {
  constructor(
    private readonly intake: OrderIntake,
    private readonly orders: OrderReader,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: "Order a certificate for the device's own name" })
  @ApiResponse({
    status: 202,
    type: OrderAnswer,
    description: 'Taken; or the open order of this very CSR',
    headers: { ...LOCATION, ...RETRY_AFTER },
  })
  @ApiResponse({ status: 200, type: OrderAnswer, description: 'Issued for this CSR already', headers: LOCATION })
  @Problems('csr_rejected', 'order_open')
  async create(
    @CurrentDevice() device: Device,
    @Body() body: CreateOrderDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderAnswer> {
    const order = await this.intake.submit(device, body.csr, { renewWhileAway: body.renewWhileAway });
    if (order.status === 'issued') response.status(200);
    response.setHeader('Location', `/v1/device/orders/${order.orderId}`);
    return answer(order, response);
  }

  @Get(':orderId')
  @SuspendedAllowed()
  @ApiOperation({ summary: 'How an order of the calling device goes' })
  @ApiResponse({ status: 200, type: OrderAnswer, description: 'Its status', headers: RETRY_AFTER })
  @Problems('not_found')
  async show(
    @CurrentDevice() device: Device,
    @Param('orderId') orderId: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderAnswer> {
    if (!UUID.test(orderId)) throw new DomainError('not_found', 'This is not the identifier of an order.');
    return answer(await this.orders.read(device.deviceId, orderId, this.clock.now()), response);
  }
}

function answer({ retryAfterSeconds, ...order }: ReadOrder, response: Response): OrderAnswer {
  if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
  return order;
}
